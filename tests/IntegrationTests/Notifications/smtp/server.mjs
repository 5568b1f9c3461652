// A mail server for tests: takes mail, says in JSON what it got, and misbehaves towards addresses that ask for it.
//
//   node server.mjs '{"security":"starttls|tls|none","key":"…","cert":"…","user":"…","password":"…","methods":["PLAIN"]}'
//
// Prints {"port":…} once it listens, then a line for each mail that it took charge of. Ends with its standard input.
// An address says what becomes of mail to it: later@ and never@ are refused for now and for good, full@ refuses the mail itself,
// hang@ never answers, drop@ has the connection cut, once-…@ is refused for now the first time, lost-…@ is taken and then cut.
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

const options = JSON.parse(process.argv[2]);
const seen = new Map();

const server = new SMTPServer({
  secure: options.security === 'tls',
  disabledCommands: options.security === 'none' ? ['STARTTLS'] : [],
  key: options.key,
  cert: options.cert,
  authMethods: options.methods ?? ['PLAIN', 'LOGIN'],
  authOptional: !options.user,
  allowInsecureAuth: options.security === 'none',
  disableReverseLookup: true,
  logger: false,
  onAuth: (auth, _, done) =>
    auth.username === options.user && auth.password === options.password ? done(null, { user: auth.username }) : done(refusal(535, '5.7.8 Wrong')),
  onRcptTo({ address }, session, done) {
    const [kind] = address.split(/[-@]/);
    const attempt = (seen.get(address) ?? 0) + 1;
    seen.set(address, attempt);
    if (kind === 'later' || (kind === 'once' && attempt === 1)) return done(refusal(451, `4.7.1 <${address}> greylisted`));
    if (kind === 'never') return done(refusal(550, `5.1.1 <${address}> no such mailbox`));
    if (kind === 'hang') return;
    done();
  },
  onData(stream, session, done) {
    const to = session.envelope.rcptTo[0].address;
    const [kind] = to.split(/[-@]/);
    const raw = [];
    stream.on('data', (chunk) => raw.push(chunk));
    stream.on('end', async () => {
      if (kind === 'full') return done(refusal(552, '5.2.2 Mailbox full'));
      if (kind === 'drop') return cut(session);
      const bytes = Buffer.concat(raw);
      const mail = await simpleParser(bytes);
      say({
        from: session.envelope.mailFrom.address,
        to,
        user: session.user ?? null,
        secure: session.secure,
        id: mail.messageId,
        sender: mail.from.text,
        subject: mail.subject,
        text: mail.text,
        html: mail.html || null,
        date: mail.date,
        automatic: mail.headers.get('auto-submitted') ?? null,
        raw: bytes.toString('latin1'),
      });
      if (kind === 'lost' && seen.get(to) === 1) return cut(session);
      done();
    });
  },
});
server.on('error', () => {});
server.listen(0, '127.0.0.1', () => say({ port: server.server.address().port }));
// After the last line has left: an exit at once would cut it.
process.stdin.resume().on('end', () => process.stdout.write('', () => process.exit(0)));

function cut(session) {
  for (const connection of server.connections) {
    if (connection.id === session.id) connection._socket.destroy();
  }
}

function refusal(responseCode, message) {
  return Object.assign(new Error(message), { responseCode });
}

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
