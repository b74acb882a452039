import { request } from 'node:https'

export interface Page {
  url: string
  status: number
  text: string
  /** Set-Cookie headers of this answer. */
  setCookies: readonly string[]
  location: string | undefined
}

/** An HTTP client with cookies that follows redirects, as a browser does; `ca`: of all its servers. */
export interface Browser {
  /** One request, without following a redirect. */
  send(url: string, form?: Readonly<Record<string, string>>): Promise<Page>
  /** Follows redirects until a page; not beyond `until`, which is not requested. */
  open(url: string, until?: string, form?: Readonly<Record<string, string>>): Promise<Page>
  /** Sends the only form of a page. */
  submit(page: Page, values?: Readonly<Record<string, string>>): Promise<Page>
  /** By host, with port. */
  cookies: Map<string, Map<string, string>>
}

export function openBrowser(ca: readonly string[]): Browser {
  const cookies = new Map<string, Map<string, string>>()
  const send = async (url: string, form?: Readonly<Record<string, string>>): Promise<Page> => {
    const { host } = new URL(url)
    const own = cookies.get(host) ?? new Map<string, string>()
    cookies.set(host, own)
    const page = await exchange(url, ca, own, form)
    for (const text of page.setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(text) || value === '') own.delete(name)
      else own.set(name, value)
    }
    return page
  }
  const open = async (url: string, until?: string, form?: Readonly<Record<string, string>>): Promise<Page> => {
    let page = await send(url, form)
    for (let hops = 0; page.location !== undefined; hops++) {
      if (hops > 15) throw new Error(`too many redirects, the last one to ${page.location}`)
      const next = new URL(page.location, page.url).href
      if (until !== undefined && next.startsWith(until)) return { ...page, location: next }
      page = await send(next)
    }
    return page
  }
  return {
    ...{ send, open, cookies },
    submit(page, values = {}) {
      const [, action = ''] = /<form[^>]*action="([^"]*)"/.exec(page.text) ?? []
      const hidden = [...page.text.matchAll(/<input[^>]*name="([^"]*)"[^>]*value="([^"]*)"/g)].map(
        ([, k = '', v = '']) => [k, v],
      )
      return open(new URL(action, page.url).href, undefined, { ...Object.fromEntries(hidden), ...values })
    },
  }
}

function exchange(
  url: string,
  ca: readonly string[],
  cookies: ReadonlyMap<string, string>,
  form?: Readonly<Record<string, string>>,
): Promise<Page> {
  const body = form && new URLSearchParams(form).toString()
  const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  const headers = {
    ...(cookie !== '' && { cookie }),
    ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
    accept: 'text/html',
  }
  return new Promise((resolve, reject) => {
    const options = { method: body === undefined ? 'GET' : 'POST', headers, ca: [...ca], agent: false as const }
    const sent = request(url, options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        const { location, 'set-cookie': setCookies = [] } = response.headers
        resolve({ url, status: response.statusCode ?? 0, text, setCookies, location })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
