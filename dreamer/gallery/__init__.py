"""A web page of everything that dreamer made in a folder, with its small pictures beside it. Imports no torch."""
