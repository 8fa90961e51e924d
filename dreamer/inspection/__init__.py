"""Looking inside networks: what kernels want, what a class rests on, what a layer still knows."""
