"""Services to compare with, each as a team would write it first."""
