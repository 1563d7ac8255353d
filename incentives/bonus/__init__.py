"""Pure calculation of payouts from plans and measures, with the trace."""
