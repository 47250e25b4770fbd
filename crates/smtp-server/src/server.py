"""A mail server for tests: aiosmtpd, with TLS, passwords, and the moods that real servers have.

Prints one line of JSON when it listens (`{"port": …}`) and one for each message it took. Ends when its standard input
closes. Moods: `well`; `refuse` (an unknown mailbox), `relay-denied`, `greylist` (the first try of each message is put off),
`full` (4xx after the message), `die` (closes after the message without an answer, the first time, having kept it),
`hang` (says nothing after the message), `closing` (421).
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = argparse.ArgumentParser()
options.add_argument("--tls", choices=["none", "starttls", "implicit"], default="none")
options.add_argument("--certificate")
options.add_argument("--key")
options.add_argument("--user")
options.add_argument("--password")
options.add_argument("--mood", default="well")
options = options.parse_args()


def say(value):
    print(json.dumps(value), flush=True)


class Handler:
    def __init__(self):
        self.tries = {}

    async def handle_MAIL(self, server, session, envelope, address, mail_options):
        if options.mood == "closing":
            return "421 4.3.2 closing for maintenance"
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if options.mood == "refuse":
            return f"550 5.1.1 <{address}>: no such mailbox"
        if options.mood == "relay-denied":
            return "554 5.7.1 relay access denied"
        if options.mood == "greylist":
            self.tries[address] = self.tries.get(address, 0) + 1
            if self.tries[address] == 1:
                return "450 4.7.1 greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if options.mood == "full":
            return "452 4.2.2 mailbox full"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "subject": message["subject"],
            "message_id": message["message-id"],
            "references": message["references"],
            "id": message["x-tollbooth-message"],
            "repetition": message["x-tollbooth-repetition"],
            "auto_submitted": message["auto-submitted"],
            "body": message.get_content(),
            "tls": session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None,
            "user": getattr(session, "login", None),
        })
        self.tries["data"] = self.tries.get("data", 0) + 1
        if options.mood == "die" and self.tries["data"] == 1:
            server.transport.abort()
            await asyncio.sleep(1)
        if options.mood == "hang":
            await asyncio.sleep(3600)
        return "250 2.0.0 Ok: queued as 4711"


def authenticate(server, session, envelope, mechanism, data):
    given = (data.login.decode(), data.password.decode())
    if given == (options.user, options.password):
        session.login = options.user
        return AuthResult(success=True)
    return AuthResult(success=False, handled=False)


async def main():
    context = None
    if options.tls != "none":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(options.certificate, options.key)
    handler = Handler()

    def session():
        return SMTP(
            handler,
            hostname="mail.test",
            enable_SMTPUTF8=True,
            tls_context=context if options.tls == "starttls" else None,
            require_starttls=options.tls == "starttls",
            auth_required=options.user is not None,
            auth_require_tls=options.tls == "starttls",
            authenticator=authenticate if options.user else None,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=context if options.tls == "implicit" else None)
    say({"port": server.sockets[0].getsockname()[1]})
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
