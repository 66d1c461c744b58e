"""What the monitors measured, and the days to model."""
