"""From needs to dated floors: sizing, claims, schedule, cost, guardrails, readiness."""
