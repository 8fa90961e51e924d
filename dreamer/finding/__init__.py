"""What is where in a photograph: its subject, things of a class, faces. Photos and a network in, areas out."""
