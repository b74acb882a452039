import { describe, expect, it, test } from 'vitest'
import { ERROR_STATUS } from '../../../protocol/api/errors.ts'
import { ERROR_REFERENCE, typeOf } from '../../../protocol/api/http/problem.ts'
import type { Route } from '../../../protocol/api/route.ts'
import { ROUTES } from '../../../protocol/api/routes.ts'
import { errorsPage } from './errors-page.ts'
import { EXAMPLES } from './examples.ts'
import { html } from './html.ts'
import { openapi } from './openapi.ts'
import { referencePage } from './page.ts'
import { PAGE_HEADERS } from './style.ts'

const routes: Readonly<Record<string, Route>> = ROUTES
const idsIn = (page: string) => new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
const linksIn = (page: string) => [...page.matchAll(/ href="([^"]+)"/g)].map(([, to = '']) => to)

test('texts are escaped in markup', () => {
  expect(html`<p>${'<b> & "x"'}${[html`<i>${1}</i>`, undefined]}</p>`.text).toBe(
    '<p>&lt;b&gt; &amp; &quot;x&quot;<i>1</i></p>',
  )
})

describe('an example', () => {
  it.each(Object.entries(EXAMPLES))('of %s is what the route takes and answers', (id, { body, answer }) => {
    const route = routes[id]
    const taken = route?.body
    if (body !== undefined) expect(typeof taken === 'object' && taken.safeParse(body)).toMatchObject({ success: true })
    if (answer === undefined) return
    const schema = route?.answer
    expect(typeof schema === 'object' && schema.safeParse(answer)).toMatchObject({ success: true })
  })

  it('is there for each body that people and programs send', () => {
    const machines = ['enrol', 'node', 'operator']
    const people = Object.entries(routes).filter(([, { access }]) => !access.some((kind) => machines.includes(kind)))
    const missing = people.filter(([id, { body }]) => typeof body === 'object' && EXAMPLES[id]?.body === undefined)
    expect(missing.map(([id]) => id)).toEqual([])
  })
})

describe('the document', () => {
  const document = openapi('1.2.3')
  const { schemas, securitySchemes } = document.components

  it('defines each schema that it refers to', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)]
    expect(references.length).toBeGreaterThan(50)
    for (const [, name = ''] of references) expect(schemas[name], name).toBeDefined()
    for (const [name, schema] of Object.entries(schemas)) expect(schema.type ?? schema.oneOf, name).toBeDefined()
  })

  it('says how each operation is authenticated', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path))
    const ways = new Map(operations.map(({ operationId, security }) => [operationId, security.flatMap(Object.keys)]))
    expect(ways.get('listClusters')).toEqual(Object.keys(securitySchemes))
    expect(ways.get('report')).toEqual(['certificate'])
    for (const [id, { access }] of Object.entries(routes))
      expect(ways.get(id)?.length === 0).toBe(access.includes('anyone'))
  })
})

describe('the pages', () => {
  const errors = errorsPage()
  const reference = referencePage(openapi('1.2.3'))

  it('load nothing, and run nothing', () => {
    expect(PAGE_HEADERS['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-[^']+';/)
    for (const page of [errors, reference]) expect(page).not.toMatch(/<script| src=| style="|url\(|@import|https?:\/\//)
  })

  it('link to what exists', () => {
    const pages = new Map([
      ['/docs', reference],
      [ERROR_REFERENCE, errors],
    ])
    for (const [path, page] of pages) {
      const links = linksIn(page)
      expect(links.length).toBeGreaterThan(20)
      for (const link of new Set(links)) {
        const [to = '', id] = link.split('#')
        if (id !== undefined) expect(idsIn(pages.get(to === '' ? path : to) ?? '').has(id), link).toBe(true)
        else expect([...pages.keys(), '/openapi.json']).toContain(to)
      }
    }
  })

  it('describe each error code where its type leads', () => {
    for (const code of Object.keys(ERROR_STATUS)) {
      const [path, id] = typeOf(code).split('#')
      expect(path).toBe(ERROR_REFERENCE)
      expect(idsIn(errors).has(id), code).toBe(true)
    }
  })

  it('describe each route with a command', () => {
    for (const [id, { path }] of Object.entries(routes)) expect(idsIn(reference).has(id), path).toBe(true)
    expect(reference).toContain('&quot;$CANTRIP_URL/v1/clusters/NAME/provision&quot;')
  })
})
