"""What Headstart tells about itself."""
