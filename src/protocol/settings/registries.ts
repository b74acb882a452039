import * as z from 'zod/mini'
import { hasFewEntries, MOST_ENTRIES, type Settings } from './setting.ts'

/** Without white space and quotes: it is written to the configuration of services. */
const Plain = z.string().check(z.maxLength(500), z.regex(/^[!#-&(-[\]-~]+$/))
/** Whoever may view a cluster sees its settings, so a password is refused. */
function isBareHttp(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return false
  return [url.username, url.password, url.search, url.hash].every((part) => part === '')
}
const HttpUrl = Plain.check(
  z.refine(isBareHttp, 'wanted http:// or https:// without user, password, query and fragment'),
)
/** `*`: every registry without a mirror of its own. It is the name of a directory. */
const Registry = z.string().check(z.maxLength(255), z.regex(/^(\*|[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?)$/))

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
  registryMirrors: {
    schema: z.record(Registry, HttpUrl).check(hasFewEntries),
    flag: '--registry-mirror <registry=url>',
    kind: 'pairs',
    help: 'where containerd looks first for images of a registry; repeatable',
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
} as const satisfies Settings
