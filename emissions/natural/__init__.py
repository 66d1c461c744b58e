"""Natural sources: compounds of plants (MEGAN 2.1) and nitric oxide of soils (Yienger and Levy) as streams."""
