"""The campaign: processes are killed and networks disturbed at random under load, and afterwards nothing is missing."""
