// A real sign-in provider (npm `oidc-provider`) on loopback for the tests: a few people, and a wire to bend what it says.
//
// Environment: REDIRECT_URI and SIGNED_OUT_URI of the one client, CLAIMS_IN_ID_TOKEN=1 to put claims there and not into
// userinfo alone, TLS_KEY and TLS_CERT (PEM files) to serve HTTPS. It prints its issuer as the first line, and ends with
// its standard input.

import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';

import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, decodeJwt } from 'jose';
import Provider from 'oidc-provider';

const SECRET = 'a-secret-of-the-tests-of-32-bytes';
const KEY = 'first';

// Claims of people by their subject. PUT /test/people/<subject> changes them.
const people = {
  'subject-roads': { preferred_username: 'Roads', name: 'Дорожкина Анна', groups: ['all', 'veche-roads'] },
  'subject-head': { preferred_username: 'head', name: 'Главный Пётр', groups: ['veche-head'] },
  'subject-guest': { preferred_username: 'guest', name: 'Гостев Иван', groups: ['all'] },
  'subject-both': { preferred_username: 'both', name: 'Двойкин Олег', groups: ['veche-admin', 'veche-developer'] },
  'subject-odd': { preferred_username: 'имя фамилия', groups: ['veche-head'] },
};

// How the next ID token is bent: PUT /test/bend.
let bend = null;
// Whether the second key is published: PUT /test/keys.
let rotated = false;

const pair = (alg) => generateKeyPair(alg, { extractable: true });
const [own, foreign] = await Promise.all([pair('RS256'), pair('RS256')]);

const { TLS_KEY, TLS_CERT, REDIRECT_URI, SIGNED_OUT_URI, CLAIMS_IN_ID_TOKEN } = process.env;
const server = TLS_KEY
  ? https.createServer({ key: readFileSync(TLS_KEY), cert: readFileSync(TLS_CERT) })
  : http.createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `${TLS_KEY ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'veche',
      client_secret: SECRET,
      redirect_uris: [REDIRECT_URI],
      post_logout_redirect_uris: [SIGNED_OUT_URI],
    },
  ],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  conformIdTokenClaims: !CLAIMS_IN_ID_TOKEN,
  cookies: { keys: ['a key of the tests'] },
  findAccount: (_, id) => id in people && { accountId: id, claims: () => ({ sub: id, ...people[id] }) },
  jwks: { keys: [{ ...(await exportJWK(own.privateKey)), kid: KEY, alg: 'RS256', use: 'sig' }] },
  pkce: { required: () => true },
});

async function bent(token, { claims = {}, drop = [], alg = 'RS256', kid = KEY, key = 'own' }) {
  const said = { ...decodeJwt(token), ...claims };
  for (const name of drop) delete said[name];
  if (alg === 'none') return new UnsecuredJWT(said).encode();
  const keys = { own: own.privateKey, foreign: foreign.privateKey, secret: new TextEncoder().encode(SECRET) };
  return new SignJWT(said).setProtectedHeader({ alg, kid }).sign(keys[key]);
}

provider.use(async (context, next) => {
  await next();
  if (rotated && context.oidc?.route === 'jwks') {
    context.body.keys.push({ ...(await exportJWK(foreign.publicKey)), kid: 'second', alg: 'RS256', use: 'sig' });
  }
  if (bend && context.oidc?.route === 'token' && context.body?.id_token) {
    const { raw, without, ...how } = bend;
    bend = null;
    if (raw !== undefined) context.body = raw;
    else if (without) delete context.body[without];
    else context.body.id_token = await bent(context.body.id_token, how);
  }
});

async function test(request, response) {
  let text = '';
  for await (const chunk of request) text += chunk;
  const person = request.url.match(/^\/test\/people\/([\w-]+)$/)?.[1];
  if (person) people[person] = JSON.parse(text);
  else if (request.url === '/test/keys') rotated = JSON.parse(text);
  else bend = JSON.parse(text);
  response.writeHead(204).end();
}

const serve = provider.callback();
server.on('request', (request, response) =>
  request.url.startsWith('/test/') ? test(request, response) : serve(request, response),
);
console.log(issuer);
// The test that started it holds the other end: when the test is gone, so is this.
process.stdin.on('end', () => process.exit()).resume();
