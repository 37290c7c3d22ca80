"""An SMTP server that keeps what it is sent, a JSON object in each line of the file `messages`."""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = json.loads(sys.argv[1])


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if options["refuse"]:
            return options["refuse"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "data": envelope.content.decode("utf-8", "replace"),
            "hello": session.host_name,
            "tls": session.ssl is not None or options["tls"] == "wrapped",
            "user": session.auth_data.login.decode() if session.auth_data else None,
        }
        with open("messages", "a") as messages:
            messages.write(json.dumps(message) + "\n")
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    right = [data.login.decode(), data.password.decode()] == options["login"]
    return AuthResult(success=right, handled=False, auth_data=data)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain("tls.crt", "tls.key")
    starttls = options["tls"] == "starttls"

    def session():
        return SMTP(
            Handler(),
            tls_context=context if starttls else None,
            authenticator=authenticate if options["login"] else None,
            auth_required=bool(options["login"]),
            auth_require_tls=starttls,
        )

    wrapped = context if options["tls"] == "wrapped" else None
    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", options["port"], ssl=wrapped)
    await server.serve_forever()


asyncio.run(main())
