"""An idealised case on the city's own grid: analytic weather, air, ocean and ozone column for a test of the set-up."""
