"""From the inventory to gridded, speciated, hourly emissions."""
