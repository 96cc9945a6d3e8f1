"""A journey: receipts, fallback, a called flow, delays, and messages that wait until it is over."""

DELAY_SECONDS = 1.0

JOURNEY = """
flow: main
session_key: msisdn
outcomes: {201: Arrived, 202: No news, 203: Not delivered, 204: The pause failed}
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3:
    kind: send
    text: "A $(message.text)"
    wait_for: delivered
    timeout: 10m
    fallback:
      - {channel: sms, asset: sms, success: delivered, within: 1s}
      - {channel: sms, asset: second}
    next: {onDeliveryReportSuccess: 4, onDeliveryReportFail: end 203, onTimeout: end 202}
  4: {kind: call_flow, flow: pause, next: {onSuccess: 5, onIncomplete: end 204}}
  5: {kind: send, text: "B $(message.text)", next: {onSuccess: 6}}
  6: {kind: delay, duration: 1s, next: {onTimeout: 7}}
  7: {kind: send, text: "C $(message.text)", next: {onSuccess: end 201}}
"""
PAUSE = """
flow: pause
nodes:
  2: {kind: start, accepts: [sms.mo], next: {onBegin: 3}}
  3: {kind: delay, duration: 1s, next: {onTimeout: end 101}}
"""
