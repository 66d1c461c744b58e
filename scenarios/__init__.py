"""From measures to control factors."""
