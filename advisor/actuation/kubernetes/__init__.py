"""Kubernetes: floors of autoscalers, workloads, buffers and node pools, in any number of clusters."""
