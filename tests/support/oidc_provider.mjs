// An authorization server that others wrote (npm's oidc-provider), with an API: its /me.
// Writes its address to standard output; `/test/grants` tells how many tokens it gave, by grant.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, publicKey] = process.argv.slice(2);
const found = createRequire(`${folder}/`).resolve('oidc-provider');
const { Provider } = await import(pathToFileURL(found).href);

const native = {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  redirect_uris: ['http://127.0.0.1/callback'],
};
const clients = [
  { ...native, client_id: 'desktop' },
  { ...native, client_id: 'announced', require_pushed_authorization_requests: true },
  { ...native, client_id: 'bound', dpop_bound_access_tokens: true },
  {
    ...native,
    client_id: 'signer',
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    jwks: { keys: [JSON.parse(publicKey)] },
  },
];

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients,
    issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    pkce: { required: () => true },
    features: {
      dPoP: { enabled: true },
      pushedAuthorizationRequests: {
        enabled: true,
        requirePushedAuthorizationRequests: process.env.REQUIRE_PUSHED === 'yes',
      },
      revocation: { enabled: true },
    },
  });
  const grants = {};
  provider.on('grant.success', (ctx) => {
    const grant = ctx.oidc.params.grant_type;
    grants[grant] = (grants[grant] ?? 0) + 1;
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url === '/test/grants') {
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(grants));
    } else {
      answer(request, response);
    }
  });
  console.log(issuer);
});
