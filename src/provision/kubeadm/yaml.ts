import type { Tags } from 'yaml'

/** Kubernetes programs read YAML 1.1, in which `no`, `on`, `y`, `0b101` and `1_000` are not strings. */
const VERSION = '1.1'

/** Their parser supports neither the times of YAML 1.1 (12:30:45) nor, for data that becomes JSON, its dates. */
const customTags = (tags: Tags) => tags.filter((tag) => !isTime(tag))

function isTime(tag: Tags[number]): boolean {
  return typeof tag === 'object' && (('format' in tag && tag.format === 'TIME') || tag.tag.endsWith(':timestamp'))
}

/** A document for a Go program. All strings are quoted. */
export async function writeYaml(value: unknown): Promise<string> {
  const { stringify } = await import('yaml')
  return stringify(value, { version: VERSION, defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })
}

export interface YamlDocument {
  value: unknown
  /** The syntax error, or what is wrong with its aliases, if anything is. */
  problem?: string
}

/** The documents of a text, as a Go program would read them. */
export async function readYaml(text: string): Promise<YamlDocument[]> {
  const { parseAllDocuments } = await import('yaml')
  return [...parseAllDocuments(text, { version: VERSION, customTags })].map((document) => {
    const [error] = document.errors
    if (error !== undefined) return { value: undefined, problem: error.message }
    try {
      return { value: document.toJS() }
    } catch (cause) {
      // Aliases are followed only now.
      if (cause instanceof ReferenceError) return { value: undefined, problem: cause.message }
      throw cause
    }
  })
}
