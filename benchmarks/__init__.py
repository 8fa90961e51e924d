"""What the README's performance tables were measured with: `python -m benchmarks [steps|dream|films|batches]`."""
