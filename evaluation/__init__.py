"""Standards, status of the air, control effect, response surface: pure functions on arrays, tables as data frames."""
