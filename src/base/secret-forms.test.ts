import { expect, test } from 'vitest'
import { maskSecretForms } from './secret-forms.ts'

const HEX = '0123456789abcdef'.repeat(4)
const JWT = 'eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2ln-bmF0_dXJl'

test.each<[string, string]>([
  [
    'parse "http://user:pa/ss@proxy:3128": invalid port ":pa" after host',
    'parse "http://***@proxy:3128": invalid port ":pa" after host',
  ],
  ['dial HTTP://user:hunter2@proxy', 'dial HTTP://***@proxy'],
  ['http://user:p@ss@proxy:1/a', 'http://***@proxy:1/a'],
  ['http://me@corp.com:hunter2@proxy', 'http://***@proxy'],
  ['socks5h://:hunter2@proxy', 'socks5h://***@proxy'],
  ['https://ghp_hunter2@git.example.com/a', 'https://***@git.example.com/a'],
  [String.raw`"http://user:pa\"ss@proxy" refused`, '"http://***@proxy" refused'],
  [`http://user:pa"ss'w@proxy refused`, 'http://***@proxy refused'],
  ['{"a":"https://u:hunter2@h","b":"c@d"}', '{"a":"https://***@h","b":"c@d"}'],
  ['Proxy-Authorization: Basic dXNlcjpwYXNz', 'Proxy-Authorization: Basic ***'],
  ['proxy-authorization: basic dXNlcjpwYXNz', 'proxy-authorization: basic ***'],
  ['map[Authorization:[Basic dXNlcjpwYXNz]]', 'map[Authorization:[Basic ***]]'],
  ['sent Basic dXNlcjpwYXNz to it', 'sent Basic *** to it'],
  ['"Authorization": "Bearer abc"', '"Authorization": "Bearer ***"'],
  [`got ${JWT} from it`, 'got *** from it'],
  [`open /console/login#code=cantrip-code_${HEX.slice(0, 43)} now`, 'open /console/login#code=*** now'],
  [String.raw`{"msg":"a\n${JWT}\n"}`, String.raw`{"msg":"a\n***\n"}`],
  [`--certificate-key ${HEX}`, '--certificate-key ***'],
  [`[upload-certs] Using certificate key:\n${HEX}\n`, '[upload-certs] Using certificate key:\n***\n'],
  [`certificateKey: "${HEX}"`, 'certificateKey: "***"'],
  ['password: hunter2', 'password: ***'],
  ['PGPASSWORD=hunter2 psql', 'PGPASSWORD=*** psql'],
  ['"password":"hunter 2","user":"x"', '"password":"***","user":"x"'],
  [String.raw`"{\"passwd\":\"hunter2\",\"user\":\"x\"}"`, String.raw`"{\"passwd\":\"***\",\"user\":\"x\"}"`],
  ['password="hunter2', 'password="***'],
  ['token=abcdefgh', 'token=***'],
  ['client_secret=hunter', 'client_secret=***'],
  ['apiKey: 9f8e7d6c5b', 'apiKey: ***'],
  ['secret: hunter2', 'secret: ***'],
  ['token: password: hunter2', 'token: password: ***'],
  [
    'a -----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,1\n\nMII=\n-----END RSA PRIVATE KEY----- b',
    'a *** b',
  ],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx7\nMIIEpAIBAAKCAQEAx8', '***'],
])('%s', (text, masked) => {
  expect(maskSecretForms(text)).toBe(masked)
})

test.each([
  'E1129 03:00:00.000000 1 reflector.go:200] "Failed to watch" err="secret \\"kube-root-ca.crt\\" not found"',
  'configmap "kube-root-ca.crt" not found; secret "regcred" not found',
  'token: expired',
  'failed to fetch token: pods "a" is forbidden',
  'Unable to authenticate the request: [invalid bearer token, service account token has expired]',
  '"Unable to retrieve pull secret" pod="default/a" secret="default/regcred" err="secret \\"regcred\\" not found"',
  'couldn\'t get secret default/regcred: secret "regcred" not found',
  'MountVolume.SetUp failed for volume "a": failed to sync secret: timed out waiting for the condition',
  'error getting secret: object "kube-system"/"a" not registered',
  'unable to load bootstrap token: x509: certificate has expired or is not yet valid',
  'Secret:&SecretVolumeSource{SecretName:a-12345,Items:[]KeyToPath{},DefaultMode:*420,}',
  'type of secret: kubernetes.io/service-account-token',
  'Get "https://10.0.0.1:6443/api/v1/nodes/a?timeout=10s": dial tcp 10.0.0.1:6443: connect: connection refused',
  '{"endpoints":["https://10.0.0.1:2379","https://10.0.0.2:2379"],"unit":"getty@tty1.service"}',
  `Pulled docker://registry.example.com:5000/pause@sha256:${HEX}`,
  `cni plugin not initialized, containerID="${HEX}" image="sha256:${HEX}"`,
  'see https://example.com/@scope/package',
  'basic authentication is disabled; Basic configuration loaded; --authorization-mode=Node,RBAC',
  '"command failed" err="failed to load kubelet config file, path: /var/lib/kubelet/config.yaml"',
  'kubelet.go:1 "Starting token cleaner"; tokens: 3; --token-file=/etc/tokens; passwordFile: /etc/x',
  'invalid certificate key: must be 32 bytes',
])('ordinary: %s', (text) => {
  expect(maskSecretForms(text)).toBe(text)
})

test.each([
  ...['http://a', 'http://"a', 'token: "a', 'password="\\"', 'password=a', 'bearer a', 'basic a', 'eyJa', 'eyJ.'],
  '-----BEGIN PRIVATE KEY-----a',
])('8 million characters like %j do not exhaust the stack', (start) => {
  expect(maskSecretForms(start + start.slice(-2).repeat(4_000_000))).toBeTypeOf('string')
})

test.each([
  ...['a', ':', '@', '://', 'http://', 'http://a:', 'a://b:c@', '"a', '\\"', 'eyJ', 'eyJabcde.', '-eyJabcde'],
  ...['-----BEGIN PRIVATE KEY-----', '-----BEGIN ', 'PRIVATE KEY', 'token=', 'token="', 'secret: ', 'password:'],
  ...['authorization: ', 'basic ', 'bearer a', 'certificate-key ', 'certificatekey', 'abcdef.', ' ', '\n', 'passwd"'],
])('100,000 characters of %j are processed quickly', (part) => {
  const start = performance.now()
  for (const end of ['', ' @', '"\n', '\0'])
    expect(maskSecretForms(part.repeat(100_000 / part.length) + end)).toBeTypeOf('string')
  expect(performance.now() - start).toBeLessThan(2_000)
})
