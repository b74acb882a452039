/** Names in modules.dep and modules.builtin of /lib/modules/RELEASE, with dashes replaced by underscores. */
export function parseModuleIndex(text: string): Set<string> {
  const names = text.split('\n').flatMap((line) => {
    const [path = ''] = line.split(':', 1)
    const file = path.slice(path.lastIndexOf('/') + 1).trimEnd()
    const end = file.lastIndexOf('.ko')
    return end > 0 && /^\.ko(\.[a-z0-9]+)?$/.test(file.slice(end)) ? [plain(file.slice(0, end))] : []
  })
  return new Set(names)
}

/** Modules that a modprobe.d(5) file disables: `install NAME /bin/false`. */
export function parseForbiddenModules(text: string): Set<string> {
  const lines = text.matchAll(/^[ \t]*install[ \t]+(\S+)[ \t]+(?:\/usr)?\/?(?:bin\/)?(?:true|false)\b/gm)
  return new Set([...lines].map((match) => plain(match[1] ?? '')))
}

function plain(name: string): string {
  return name.replaceAll('-', '_')
}
