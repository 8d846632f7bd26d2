"""Tests of abmmetrics."""
