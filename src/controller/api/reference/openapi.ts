import * as z from 'zod/mini'
import { ApiError, CERTIFICATE_KINDS } from '../../../protocol/api/access.ts'
import { ClusterView } from '../../../protocol/api/clusters.ts'
import {
  BODY_ERRORS,
  COMMON_ERRORS,
  REPEATABLE_ERRORS,
  statusOf,
  VERSIONED_ERRORS,
} from '../../../protocol/api/errors.ts'
import { LogEntry } from '../../../protocol/api/events.ts'
import { PROBLEM, ProblemDetails } from '../../../protocol/api/http/problem.ts'
import { NodeDetail, NodeView, Problem, RunView } from '../../../protocol/api/nodes.ts'
import { PairReport } from '../../../protocol/api/pair-report.ts'
import { PERMISSIONS } from '../../../protocol/api/people/permissions.ts'
import { CSRF_HEADER, SESSION_COOKIE } from '../../../protocol/api/people/sessions.ts'
import { HEADER_PATTERNS, type HeaderName, headersOf, type Route, type Schema } from '../../../protocol/api/route.ts'
import { ROUTES } from '../../../protocol/api/routes.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { ErrorReport, PlannedStep, RunEvent } from '../../../protocol/wire/event.ts'
import { Facts } from '../../../protocol/wire/facts.ts'
import { EXAMPLES } from './examples.ts'
import { INTRODUCTION } from './introduction.ts'

/** Schemas of answers that are defined once in the document and referenced by name; each before those that refer to it. */
const SHARED = {
  ...{ ProblemDetails, Error: ApiError, ErrorReport, ClusterSettings, Facts, Problem, PlannedStep, RunEvent },
  ...{ RunView, NodeView, NodeDetail, PairReport, ClusterView, LogEntry },
}

type Json = Record<string, unknown>

export interface Operation {
  operationId: string
  tags: readonly string[]
  summary: string
  'x-access': readonly string[]
  security: readonly Record<string, string[]>[]
  parameters: readonly {
    name: string
    in: 'path' | 'query' | 'header'
    required?: boolean
    description?: string
    schema: Json
  }[]
  requestBody?: { required: true; content: Content }
  responses: Record<string, { description: string; content?: Content; headers?: Json }>
}
type Content = Record<string, { schema?: Json; example?: unknown }>

export interface Document {
  openapi: string
  info: { title: string; version: string; description: string }
  /** By path, then by method in lower case. */
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Json>; securitySchemes: Json }
  [member: string]: unknown
}

/** The HTTP API as an OpenAPI 3.1 document, generated from the routes. */
export function openapi(version: string): Document {
  const schemas: Record<string, Json> = {}
  const paths: Document['paths'] = {}
  for (const [id, route] of Object.entries<Route>(ROUTES)) {
    const path = route.path.replace('{+', '{')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(id, route, schemas) }
  }
  const description = INTRODUCTION.map(({ title, text }) => [`# ${title}`, ...text].join('\n\n')).join('\n\n')
  return {
    openapi: '3.1.0',
    info: { title: 'Cantrip controller', version, description },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.keys(SHARED).map((name) => [name, schemas[name] ?? {}])),
      securitySchemes: SECURITY_SCHEMES,
    },
  }
}

const SECURITY_SCHEMES = {
  certificate: {
    type: 'mutualTLS',
    description: `Kinds of client certificates: ${CERTIFICATE_KINDS.join(', ')}`,
  },
  token: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API token (`controller token create`), or a session that was begun with `kind: "token"`',
  },
  session: {
    ...{ type: 'apiKey', in: 'cookie', name: SESSION_COOKIE },
    description: `The session of a browser; every request that is not a GET also needs the header \`${CSRF_HEADER}\``,
  },
}

/** Each alternative is enough by itself. */
function securityOf({ access }: Route): Record<string, string[]>[] {
  if (access.includes('anyone')) return []
  const isForPeople = PERMISSIONS.some((each) => access.includes(each))
  return [{ certificate: [] }, ...(isForPeople ? [{ token: [] }, { session: [] }] : [])]
}

function operationOf(operationId: string, route: Route, schemas: Json): Operation {
  const { summary, access, body } = route
  const { body: example, answer } = EXAMPLES[operationId] ?? {}
  const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
  const json = (schema: Schema, io: 'input' | 'output', shown?: unknown): Content => ({
    'application/json': { schema: jsonSchemaOf(schema, io, schemas), ...(shown !== undefined && { example: shown }) },
  })
  const problem = { [PROBLEM]: { schema: jsonSchemaOf(ProblemDetails, 'output', schemas) } }
  return {
    ...{ operationId, tags: [tagOf(route)], summary, 'x-access': access, security: securityOf(route) },
    parameters: parametersOf(route, schemas),
    ...(body && {
      requestBody: { required: true as const, content: body === 'bytes' ? bytes : json(body, 'input', example) },
    }),
    responses: {
      ...answersOf(route, (schema, io) => json(schema, io, answer)),
      ...errorsOf(route, { ...problem, ...(isForMachines(route) && json(ApiError, 'output')) }),
    },
  }
}

const isForMachines = ({ access }: Route) =>
  access.some((kind) => kind === 'enrol' || kind === 'node' || kind === 'operator')

const TAGS: Record<string, string> = { ca: 'Keys', records: 'Backups', administrators: 'Access' }

function tagOf(route: Route): string {
  const [, version, name = ''] = route.path.split('/')
  if (version !== 'v1') return 'Reference'
  if (isForMachines(route) && name !== 'bundles') return 'Machines'
  return TAGS[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`
}

function parametersOf(route: Route, schemas: Json): Operation['parameters'] {
  const { path, params, query } = route
  const variables = [...path.matchAll(/\{\+?(\w+)\}/g)].map(([, name]) => name ?? '')
  const ofPath = shapeOf(params, schemas).properties
  const ofQuery = shapeOf(query, schemas)
  return [
    ...variables.map((name) => ({
      ...{ name, in: 'path' as const, required: true },
      schema: ofPath[name] ?? { type: 'string' },
    })),
    ...Object.entries(ofQuery.properties).map(([name, schema]) => ({
      ...{ name, in: 'query' as const, ...(ofQuery.required.includes(name) && { required: true }) },
      schema,
    })),
    ...headerParametersOf(route),
  ]
}

const HEADERS: Record<HeaderName, string> = {
  'If-None-Match': 'ETags of earlier answers: the answer is 304 without content if it would be the same',
  'If-Match': 'ETags or revisions: the request is refused with 412 unless the present revision is one of them',
  'Idempotency-Key':
    'Makes it safe to repeat the request for 24 hours: it is carried out once, and each repeat gets the same answer',
  'Last-Event-ID': 'Of a stream: continues after this event',
}

const headerParametersOf = (route: Route): Operation['parameters'] =>
  headersOf(route).map((name) => ({
    ...{ name, in: 'header' as const, required: false, description: HEADERS[name] },
    schema: { type: 'string', pattern: HEADER_PATTERNS[name].source },
  }))

function shapeOf(
  schema: Schema | undefined,
  schemas: Json,
): { properties: Record<string, Json>; required: readonly string[] } {
  const { properties = {}, required = [] } = schema === undefined ? {} : jsonSchemaOf(schema, 'input', schemas)
  return { properties: properties as Record<string, Json>, required: required as readonly string[] }
}

function answersOf(
  { answer, awaited, method, query, versioned, streams }: Route,
  json: (schema: Schema, io: 'output') => Content,
): Operation['responses'] {
  if (answer === 'websocket') return { 101: { description: 'The connection is a websocket' } }
  if (answer === 'bytes') {
    const content = { 'application/octet-stream': {} }
    return { 200: { description: 'The file', content }, 206: { description: 'The requested range', content } }
  }
  if (answer === 'lines') return { 200: { description: 'Success', content: { 'application/x-ndjson': {} } } }
  if (answer === 'console') {
    const page = { 200: { description: 'The file, of the type that belongs to it', content: { '*/*': {} } } }
    return { ...page, 302: { description: 'Redirect' }, 304: { description: 'Not modified' } }
  }
  if (answer === 'page' || answer === 'redirect') {
    const page = { 200: { description: 'The page', content: { 'text/html': {} } } }
    return answer === 'page' ? page : { ...page, 302: { description: 'Redirect' } }
  }
  const text = { schema: { type: 'string' } }
  const hasFields = Object.hasOwn((query as { shape?: object } | undefined)?.shape ?? {}, 'fields')
  const shown = json(answer, 'output')
  const content = { ...(hasFields ? withFields(shown) : shown), ...(streams && { 'text/event-stream': text }) }
  const schema = { type: 'string' }
  const headers = versioned && {
    headers: { ETag: { description: 'The revision, and a digest of the answer', schema } },
  }
  return {
    200: { description: 'Success', content, ...headers },
    ...(versioned && method === 'GET' && { 304: { description: 'Not modified', ...headers } }),
    ...(awaited && { 202: { description: `Pending: \`${awaited}\` is absent. Repeat the request.`, content } }),
  }
}

function errorsOf({ body, errors, method, ...route }: Route, content: Content): Operation['responses'] {
  const further = [
    ...(body ? BODY_ERRORS : []),
    ...(route.versioned && method !== 'GET' ? VERSIONED_ERRORS : []),
    ...(route.repeatable ? REPEATABLE_ERRORS : []),
  ]
  const codes = [...new Set([...COMMON_ERRORS, ...further, ...errors])]
  const byStatus = Map.groupBy(codes, statusOf)
  const answers = [...byStatus].map(([status, its]) => [status, { description: its.join(', '), content }])
  return { ...Object.fromEntries(answers), 500: { description: 'Error of the controller or of a node', content } }
}

/** Adds shared schemas to `schemas`, and returns a reference to them. What a client sends may lack fields that an answer has. */
function jsonSchemaOf(schema: Schema, io: 'input' | 'output', schemas: Json): Json {
  const metadata = z.registry<{ id: string }>()
  if (io === 'input') {
    const { $schema: _, ...found } = z.toJSONSchema(schema, { io, metadata, unrepresentable: 'any' })
    return found
  }
  for (const [name, shared] of Object.entries(SHARED)) metadata.add(shared, { id: name })
  const { $schema: _, $defs = {}, ...found } = z.toJSONSchema(schema, { io, metadata, unrepresentable: 'any' })
  const [name] = Object.entries(SHARED).find(([, shared]) => shared === schema) ?? []
  // A shared schema that refers to itself is among the definitions already, and `found` is a reference to it.
  const own = name === undefined ? {} : { [name]: found }
  for (const [key, definition] of Object.entries({ ...own, ...$defs })) schemas[key] = withReferences(definition)
  return name === undefined ? (withReferences(found) as Json) : { $ref: `#/components/schemas/${name}` }
}

/** With `fields`, an item of a list has only those. */
function withFields(content: Content): Content {
  const [type = '', { schema = {}, ...rest } = {}] = Object.entries(content)[0] ?? []
  const { items, ...others } = schema.properties as { items: { items: Json } }
  const some = { type: 'object', description: 'The fields that `fields` names' }
  const properties = { ...others, items: { ...items, items: { anyOf: [items.items, some] } } }
  return { [type]: { schema: { ...schema, properties }, ...rest } }
}

function withReferences(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/'))
}
