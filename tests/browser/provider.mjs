// A real provider of identities: the certified `oidc-provider` on this machine. Prints its issuer; reads the redirect address
// of its one client as a line, and answers from then on. Ends when its standard input does.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import Provider from 'oidc-provider';

// What people type as their login, and who they are then. One name is what an attacker would choose.
const PEOPLE = {
  ann: { name: 'Ann Lee', roles: ['staff'] },
  sue: { name: 'Sue', roles: ['lead'] },
  eve: { name: '<img src=x onerror="window.stolen=1">', roles: ['staff'] },
  tom: { name: 'Tom', roles: ['guest'] },
};

const server = createServer();
await new Promise((done) => server.listen(0, '127.0.0.1', done));
// Another host name than the installation's, so that it is another site for the browser.
const issuer = `http://localhost:${server.address().port}`;
console.log(issuer);

let started = false;
const input = createInterface({ input: process.stdin });
input.on('line', (redirect) => {
  if (started) return;
  started = true;
  server.on('request', provider(redirect.trim()).callback());
  console.log('ready');
});
input.on('close', () => process.exit(0));

function provider(redirect) {
  const made = new Provider(issuer, {
    clients: [
      {
        client_id: 'tollbooth',
        client_secret: 'secret-of-the-tests',
        redirect_uris: [redirect],
        post_logout_redirect_uris: [new URL('/console/sign-in', redirect).href],
        backchannel_logout_uri: new URL('/v1/sign-in/logout', redirect).href,
        backchannel_logout_session_required: true,
      },
    ],
    features: { backchannelLogout: { enabled: true } },
    // It asks nothing of addresses like this machine's; the client is there, and nowhere else.
    fetch: (url, { dispatcher: _guarded, ...options }) => globalThis.fetch(url, options),
    claims: { openid: ['sub'], profile: ['name', 'roles'] },
    // As it is out of the box: claims of a scope are in `userinfo`, not in the ID token.
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) }),
    cookies: { keys: ['only for tests'] },
    // Nobody is asked whether this client may know who they are: it is the house's own.
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
  });
  made.on('backchannel.error', (_context, error) => console.error(`the client was not told: ${error}`));
  return made;
}
