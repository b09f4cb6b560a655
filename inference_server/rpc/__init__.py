"""gRPC in front of the classifier: servicers, what is around every call, error mapping, health."""
