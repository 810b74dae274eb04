"""What things cost: tables of prices, and what one unit of a resource costs by them."""
