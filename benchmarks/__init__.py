"""What the README's performance table was measured with: `make bench`, or `python -m benchmarks [steps|dream]`."""
