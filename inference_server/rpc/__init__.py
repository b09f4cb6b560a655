"""gRPC in front of the classifier: servicers, interceptors, error mapping, health."""
