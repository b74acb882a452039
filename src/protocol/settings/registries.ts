import * as z from 'zod/mini'
import { NodeName } from '../names.ts'
import { hasFewEntries, MOST_ENTRIES, type Settings } from './setting.ts'

/** Without white space and quotes: it is written to the configuration of services. */
const Plain = z.string().check(z.maxLength(500), z.regex(/^[!#-&(-[\]-~]+$/))
/** Whoever may view a cluster sees its settings, so a password is refused. */
function isBareHttp(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  return [url.username, url.password, url.search, url.hash].every((part) => part === '')
}
const MOST_CA_CHARACTERS = 64 * 1_024
const HttpUrl = Plain.check(
  z.refine(isBareHttp, 'wanted http:// or https:// without user, password, query and fragment'),
)
/** `*`: every registry without a mirror of its own. It is the name of a directory. */
const Registry = z.string().check(z.maxLength(255), z.regex(/^(\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?)$/))

/** The name and the port of a registry or a mirror, as in a URL. */
export const RegistryHost = z.string().check(z.maxLength(255), z.regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?$/))
/** A private key beside them would be shown to everybody who may view the cluster. */
const Certificates = z
  .string()
  .check(
    z.maxLength(MOST_CA_CHARACTERS),
    z.regex(/^\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/),
  )
const isShort = z.refine<Record<string, string>>(
  (texts) => Object.values(texts).join('').length <= MOST_CA_CHARACTERS,
  `wanted at most ${MOST_CA_CHARACTERS / 1_024} KiB`,
)

const ProxyOrNone = z.union([z.literal('none'), HttpUrl])
const PROXY_CHANGE = { class: 'rolling', restarts: ['containerd'] } as const

/** How containerd reaches the registries of users' images. Images of Kubernetes come from the bundle. */
export const registries = {
  httpProxy: {
    schema: HttpUrl,
    flag: '--http-proxy <url>',
    kind: 'text',
    help: 'proxy through which containerd reaches registries over HTTP',
    wanted: 'http://HOST:PORT without user and password',
    example: 'http://proxy.example.org:3128',
    show: { title: 'Proxy', text: (url: string) => `http: ${url}` },
    sentIn: 'cluster',
    since: '0.2.0',
    change: PROXY_CHANGE,
  },
  httpsProxy: {
    schema: HttpUrl,
    flag: '--https-proxy <url>',
    kind: 'text',
    help: 'proxy through which containerd reaches registries over HTTPS',
    wanted: 'http://HOST:PORT without user and password',
    example: 'http://proxy.example.org:3128',
    show: { title: 'Proxy', text: (url: string) => `https: ${url}` },
    sentIn: 'cluster',
    since: '0.2.0',
    change: PROXY_CHANGE,
  },
  noProxy: {
    schema: Plain,
    flag: '--without-proxy <list>',
    kind: 'text',
    help: 'hosts and subnets that need no proxy, besides those of the cluster',
    wanted: 'names, addresses and subnets, separated by commas',
    example: '.example.org,192.0.2.0/24',
    show: { title: 'Proxy', text: (list: string) => `not for ${list}` },
    sentIn: 'cluster',
    since: '0.2.0',
    change: PROXY_CHANGE,
  },
  workerProxy: {
    schema: ProxyOrNone,
    flag: '--worker-proxy <url>',
    kind: 'text',
    help: 'proxy of nodes that are not masters, instead of httpProxy and httpsProxy',
    wanted: 'none, or http://HOST:PORT without user and password',
    example: 'http://edge-proxy.example.org:3128',
    show: { title: 'Proxy', text: (url: string) => `of workers: ${url}` },
    sentIn: 'cluster',
    since: '0.2.0',
    change: { ...PROXY_CHANGE, isOfWorkers: true },
  },
  nodeProxies: {
    schema: z.record(NodeName, ProxyOrNone).check(hasFewEntries),
    flag: '--node-proxy <node=url>',
    kind: 'pairs',
    help: 'proxy of containerd on one node, instead of the other proxies; repeatable',
    wanted: `NODE=none or NODE=URL without user and password, e.g. node-7=http://edge.example.org:3128; at most ${MOST_ENTRIES}`,
    example: { 'node-7': 'http://edge-proxy.example.org:3128' },
    show: {
      title: 'Proxy',
      text: (proxies: Readonly<Record<string, string>>) =>
        Object.entries(proxies)
          .map(([node, url]) => `of ${node}: ${url}`)
          .join(', '),
    },
    sentIn: 'cluster',
    since: '0.2.0',
    change: { ...PROXY_CHANGE, isByNode: true },
  },
  registryMirrors: {
    schema: z.record(Registry, HttpUrl).check(hasFewEntries),
    flag: '--registry-mirror <registry=url>',
    kind: 'pairs',
    help: 'where containerd looks first for images of a registry (*: of all others)',
    wanted: `REGISTRY=URL without user and password, e.g. docker.io=https://mirror.example.org; at most ${MOST_ENTRIES}`,
    example: { 'docker.io': 'https://mirror.example.org' },
    show: {
      title: 'Mirrors',
      text: (mirrors: Readonly<Record<string, string>>) =>
        Object.entries(mirrors)
          .map(([registry, url]) => `${registry} at ${url}`)
          .join(', '),
    },
    sentIn: 'cluster',
    since: '0.2.0',
    change: { class: 'live' },
  },
  mirrorOnly: {
    schema: z.array(Registry).check(z.maxLength(MOST_ENTRIES)),
    flag: '--mirror-only <registry>',
    kind: 'list',
    help: 'registry whose images come only from its mirror; repeatable',
    wanted: `at most ${MOST_ENTRIES} registries that registryMirrors has, e.g. docker.io`,
    example: ['docker.io'],
    show: { title: 'Mirrors', text: (registries: readonly string[]) => `the only source of ${registries.join(', ')}` },
    sentIn: 'cluster',
    since: '0.2.0',
    change: { class: 'live' },
  },
  registryCa: {
    schema: z.record(z.union([z.literal('*'), RegistryHost]), Certificates).check(hasFewEntries, isShort),
    flag: '--registry-ca <host=file>',
    kind: 'files',
    help: 'certificates of CAs that containerd trusts for a registry or a mirror; repeatable',
    wanted: `certificates in PEM by HOST or HOST:PORT, or by * for all, at most ${MOST_CA_CHARACTERS / 1_024} KiB, without a private key`,
    example: {
      'mirror.example.org': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    },
    show: { title: 'Mirror CAs', text: (texts: object) => `for ${Object.keys(texts).join(', ')}` },
    sentIn: 'cluster',
    since: '0.2.0',
    change: { class: 'live' },
  },
} as const satisfies Settings
