"""A real Kubernetes control plane for tests, and the neighbours whose hands are on the same objects."""
