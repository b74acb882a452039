/** Generates the reference of a program's commands from its commander program. */
import type { Argument, Command, Option } from 'commander'
import { code, fenced, page, table } from './markdown.ts'

export function commandsPage(program: Command, introduction: string): string {
  const name = program.name()
  const parts = [introduction]
  if (program.options.length > 0) parts.push('Options of every command:', optionsTable(program.options))
  const after = textAfterHelp(program)
  if (after) parts.push(after)
  for (const { path, command } of leavesOf(program, name)) parts.push(...sectionOf(path, command))
  return page(`${name} commands`, ...parts)
}

interface Leaf {
  path: string
  command: Command
}

function leavesOf(command: Command, path: string): Leaf[] {
  return command.commands.flatMap((each) => {
    const own = `${path} ${each.name()}`
    return each.commands.length > 0 ? leavesOf(each, own) : [{ path: own, command: each }]
  })
}

function sectionOf(path: string, command: Command): string[] {
  const parts = [`## ${path}`, sentence(command.description()), fenced(`${path} ${command.usage()}`)]
  const described = command.registeredArguments.filter((argument) => argument.description || argument.argChoices)
  if (described.length > 0) parts.push(table(['Argument', 'Meaning'], described.map(argumentRow)))
  if (command.options.length > 0) parts.push(optionsTable(command.options))
  const after = textAfterHelp(command)
  if (after) parts.push(after)
  return parts
}

const argumentRow = (argument: Argument) => [
  code(argument.name()),
  [argument.description, choices(argument.argChoices)].filter(Boolean).join('; '),
]

function optionsTable(options: readonly Option[]): string {
  return table(
    ['Option', 'Meaning'],
    options.filter(({ hidden, description }) => !hidden || description !== '').map(optionRow),
  )
}

function optionRow(option: Option): string[] {
  const standard = defaultOf(option)
  const meaning = [
    option.description,
    choices(option.argChoices),
    option.mandatory ? 'required' : '',
    standard === '' ? '' : `default: ${code(standard)}`,
  ]
  return [code(option.flags), meaning.filter(Boolean).join('; ')]
}

function defaultOf({ defaultValue, defaultValueDescription, negate }: Option): string {
  if (defaultValueDescription !== undefined) return defaultValueDescription
  const isShown = typeof defaultValue === 'string' || typeof defaultValue === 'number'
  return isShown && !negate ? String(defaultValue) : ''
}

const choices = (allowed: readonly string[] | undefined) =>
  allowed === undefined ? '' : `one of ${allowed.map(code).join(', ')}`

/** The text of `addHelpText('after')`; indented lines become a block of code. */
function textAfterHelp(command: Command): string {
  const printed: string[] = []
  const { writeOut } = command.configureOutput()
  command.configureOutput({ writeOut: (text) => printed.push(text) })
  command.outputHelp()
  command.configureOutput(writeOut === undefined ? {} : { writeOut })
  const text = printed.join('').slice(command.helpInformation().length)
  const blocks: string[][] = []
  let before = ''
  for (const line of text.trim().split('\n')) {
    const isSame = before !== '' && isIndented(before) === isIndented(line)
    if (isSame && line !== '') blocks.at(-1)?.push(line)
    else if (line !== '') blocks.push([line])
    before = line
  }
  return blocks.map(blockText).join('\n\n')
}

const isIndented = (line: string) => line.startsWith('  ')

function blockText(lines: readonly string[]): string {
  return isIndented(lines[0] ?? '') ? fenced(lines.map((line) => line.slice(2)).join('\n')) : lines.join('\n')
}

/** A description as a sentence. */
function sentence(text: string): string {
  const first = `${text.charAt(0).toUpperCase()}${text.slice(1)}`
  return /[.!)]$/.test(first) ? first : `${first}.`
}
