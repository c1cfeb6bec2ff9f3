"""What every resource of the JSON API is built on."""
