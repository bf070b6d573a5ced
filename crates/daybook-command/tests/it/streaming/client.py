"""Sends deposits over one ExecuteStream call, with gRPC's own defaults, and reads every answer.

    client.py HOST:PORT COUNT
"""
import sys

import grpc
from daybook.v1 import command_pb2, command_pb2_grpc, common_pb2

ACTOR = [("x-daybook-actor", "alice")]


def requests(count):
    amount = common_pb2.Money(minor_units=1, currency="USD")
    deposit = command_pb2.DepositRequest(account_id="a", amount=amount)
    for sequence in range(count):
        yield command_pb2.ExecuteStreamRequest(sequence=sequence, deposit=deposit)


def main(address, count):
    commands = command_pb2_grpc.CommandServiceStub(grpc.insecure_channel(address))
    unanswered = set(range(count))
    for answer in commands.ExecuteStream(requests(count), metadata=ACTOR):
        if answer.WhichOneof("outcome") != "receipt":
            sys.exit(f"refused: {answer}")
        unanswered.remove(answer.sequence)
    if unanswered:
        sys.exit(f"{len(unanswered)} without an answer")


main(sys.argv[1], int(sys.argv[2]))
