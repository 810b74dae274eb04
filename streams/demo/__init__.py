"""The demo: an embedded broker, a simulated shop, the real worker, and pictures of what it did."""
