import { type Html, html, prose } from './html.ts'
import { CURL } from './introduction.ts'
import type { Operation } from './openapi.ts'

export interface Located {
  method: string
  path: string
  operation: Operation
}

type Json = Record<string, unknown>

export function operationHtml({ method, path, operation }: Located): Html {
  const { operationId, summary, parameters, requestBody, responses } = operation
  const access = operation['x-access'].join(', ')
  const rows = parameters.map(
    ({ name, in: place, required, schema, description = '' }) =>
      html`<tr><td><code>${name}</code></td><td>${place}${required ? ', required' : ''}</td><td>${shortType(schema)}</td><td>${prose(description)}</td></tr>`,
  )
  const body = requestBody?.content['application/json']
  const answers = Object.entries(responses).map(([status, { description, content }]) => {
    const [type, { schema, example } = {}] = Object.entries(content ?? {})[0] ?? []
    const shown = Number(status) < 400 && example !== undefined ? exampleHtml(example) : undefined
    const what =
      Number(status) < 400
        ? html`${description}${type && html` <span class="soft">${type}</span>`} ${schema && shortType(schema)}`
        : codesHtml(description)
    return html`<tr><td>${status}</td><td>${what}${shown}</td></tr>`
  })
  return html`<h3 id="${operationId}"><span class="method">${method}</span> <code>${path}</code></h3>
<p>${prose(summary)}. <span class="soft">For: ${access}</span></p>
${rows.length > 0 ? html`<h4>Parameters</h4><table>${rows}</table>` : undefined}
${body?.schema && html`<h4>Body</h4>${shortType(body.schema)}${body.example !== undefined ? exampleHtml(body.example) : undefined}`}
<h4>Example</h4><pre>${curlOf(method, path, body?.example)}</pre>
<details><summary>Answers</summary><table>${answers}</table></details>`
}

const exampleHtml = (example: unknown) => html`<pre>${JSON.stringify(example, null, 2)}</pre>`

/** Codes lead to their descriptions. */
function codesHtml(description: string): Html {
  const parts = description.split(', ')
  if (!parts.every((part) => /^[a-z-]+(\/[a-z-]+)?$/.test(part))) return html`${description}`
  const links = parts.map((code, i) => html`${i > 0 ? ', ' : ''}<a href="/docs/errors#${code}">${code}</a>`)
  return html`${links}`
}

function curlOf(method: string, path: string, body: unknown): string {
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => name.toUpperCase())
  const lines = [CURL]
  if (method !== 'GET') lines.push(`-X ${method}`)
  if (body !== undefined) lines.push(`-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`)
  lines.push(`"$CANTRIP_URL${url}"`)
  return lines.join(' \\\n  ')
}

/** A schema in a few words, with links to those that have a name. */
export function shortType(schema: Json): Html {
  const { $ref, type, enum: values, const: value, items, anyOf, oneOf, pattern, description } = schema
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1) ?? ''
    return html`<a href="#schema-${name}">${name}</a>`
  }
  if (Array.isArray(values))
    return html`${values.map((each, i) => html`${i > 0 ? ' | ' : ''}<code>${String(each)}</code>`)}`
  if (value !== undefined) return html`<code>${String(value)}</code>`
  const alternatives = anyOf ?? oneOf
  if (Array.isArray(alternatives)) {
    return html`${alternatives.map((each: Json, i) => html`${i > 0 ? ' | ' : ''}${shortType(each)}`)}`
  }
  if (type === 'array') return html`list of ${shortType((items ?? {}) as Json)}`
  const { properties } = schema as { properties?: Record<string, Json> }
  if (properties) {
    const members = Object.entries(properties).map(
      ([name, each], i) => html`${i > 0 ? ', ' : ''}<code>${name}</code>: ${shortType(each)}`,
    )
    return html`{ ${members} }`
  }
  const about = typeof description === 'string' ? ` (${description})` : ''
  return html`${String(type ?? 'any')}${about}${typeof pattern === 'string' ? html` <code>${pattern}</code>` : undefined}`
}
