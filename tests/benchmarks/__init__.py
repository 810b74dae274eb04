"""What the forecast costs beside what else one might use: `make bench`, never part of `make test`."""
