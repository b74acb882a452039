import { type Html, html, prose } from './html.ts'
import { INTRODUCTION, type Section } from './introduction.ts'
import type { Document } from './openapi.ts'
import { type Located, operationHtml, shortType } from './operation.ts'
import { page } from './style.ts'

/** The OpenAPI document as a page: how to call the API, every operation by its tag, and the schemas. */
export function referencePage({ info, paths, components }: Document): string {
  const operations: Located[] = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  )
  const byTag = [...Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? '')]
  const links = [
    ...INTRODUCTION.map(({ id, title }) => [id, title] as const),
    ...byTag.flatMap(([, group]) =>
      group.map(({ method, path, operation }) => [operation.operationId, `${method} ${path}`] as const),
    ),
    ['schemas', 'Schemas'] as const,
  ]
  const groups = byTag.map(([tag, group]) => html`<h2>${tag}</h2>${group.map(operationHtml)}`)
  const schemas = Object.entries(components.schemas).map(([name, schema]) => schemaHtml(name, schema))
  return page(
    `${info.title} API ${info.version}`,
    links,
    html`${INTRODUCTION.map(sectionHtml)}${groups}<h2 id="schemas">Schemas</h2>${schemas}`,
  )
}

function sectionHtml({ id, title, text, example }: Section): Html {
  const paragraphs = text.map((each) => html`<p>${prose(each)}</p>`)
  return html`<h2 id="${id}">${title}</h2>${paragraphs}${example && html`<pre>${example}</pre>`}`
}

function schemaHtml(name: string, schema: Record<string, unknown>): Html {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, Record<string, unknown>>
    required?: string[]
  }
  const rows = Object.entries(properties).map(
    ([property, each]) =>
      html`<tr><td><code>${property}</code></td><td>${shortType(each)}</td><td>${required.includes(property) ? '' : 'optional'}</td></tr>`,
  )
  const content = rows.length > 0 ? html`<table>${rows}</table>` : html`<pre>${JSON.stringify(schema, null, 2)}</pre>`
  return html`<h3 id="schema-${name}">${name}</h3>${content}`
}
