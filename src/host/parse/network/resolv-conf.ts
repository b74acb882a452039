export interface ResolvConf {
  nameservers: string[]
  search: string[]
  options: string[]
  comments: string[]
}

/** resolv.conf(5): the last `search` or `domain` line counts, `options` accumulate, `#` and `;` start a comment line. */
export function parseResolvConf(text: string): ResolvConf {
  const conf: ResolvConf = { nameservers: [], search: [], options: [], comments: [] }
  for (const raw of text.split(/\r?\n/)) {
    const line = raw.trim()
    if (/^[#;]/.test(line)) {
      conf.comments.push(line.replace(/^[#;\s]+/, ''))
      continue
    }
    const [keyword, ...words] = line.split(/\s+/)
    const end = words.findIndex((word) => /^[#;]/.test(word))
    const values = end < 0 ? words : words.slice(0, end)
    if (keyword === 'nameserver' && values[0] !== undefined) conf.nameservers.push(values[0])
    else if (keyword === 'search') conf.search = values
    else if (keyword === 'domain') conf.search = values.slice(0, 1)
    else if (keyword === 'options') conf.options.push(...values)
  }
  return conf
}
