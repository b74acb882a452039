import type { Directive } from '../../host/parse/unit-file.ts'

/** Another program, or the same one with other arguments, as somebody else, or in another file system. */
const REPLACES =
  /^(ExecStart|Type|User|Group|DynamicUser|RootDirectory|RootImage|RuntimeDirectory|StateDirectory|ConfigurationDirectory)$/
/** What a container runtime, a kubelet and etcd cannot work with: mounts that the machine does not see, calls that fail. */
const CONFINES =
  /^(PrivateMounts|PrivateNetwork|PrivateUsers|PrivatePIDs|PrivateDevices|PrivateTmp|PrivateIPC|MountFlags|NetworkNamespacePath|JoinsNamespaceOf|ProtectSystem|ProtectHome|ProtectControlGroups(Ex)?|ProtectKernel(Tunables|Modules|Logs)|ProtectProc|ProcSubset|ReadOnlyPaths|InaccessiblePaths|NoExecPaths|TemporaryFileSystem|BindPaths|BindReadOnlyPaths|CapabilityBoundingSet|NoNewPrivileges|SystemCall(Filter|Architectures)|Restrict(Namespaces|AddressFamilies|FileSystems|Realtime|SUIDSGID|NetworkInterfaces)|Device(Policy|Allow)|IPAddress(Allow|Deny)|SocketBind(Allow|Deny)|MemoryDenyWriteExecute|LockPersonality|SELinuxContext|AppArmorProfile)$/
const CONFINES_NOT = /^(|no|false|off|0|shared)$/i
/** When it starts and ends, and with what it shares the machine: it works, and not as it was meant to. */
const RULES =
  /^(Exec(StartPre|Condition)|Condition\w+|Assert\w+|Requires|Requisite|BindsTo|PartOf|Conflicts|Restart|RuntimeMaxSec|WatchdogSec|KillMode|Delegate|Slice|TasksMax|Memory(Max|High)|CPUQuota|AllowedCPUs|UMask|WorkingDirectory|StartLimit\w*)$/
/** As our units have it; empty, which only begins a list anew; and a command that may fail. */
const RULES_NOTHING = /^(|yes|true|on|1|infinity|always|process|-.*)$/i
/** Read by our programs whatever their arguments say. */
const VARIABLE = /(?:^|[\s"'])(PATH|LD_PRELOAD|LD_LIBRARY_PATH|GODEBUG|GOTRACEBACK|KUBELET_KUBEADM_ARGS)=/

export type Harm = 'fail' | 'warn'

/**
 * What a directive of somebody else's does to a unit of ours; undefined where it does no harm, such as LimitNOFILE, Nice,
 * CPUAffinity, OOMScoreAdjust, the variables of a proxy, or an order of units.
 */
export function judgeDirective({ section, name, value }: Directive): Harm | undefined {
  if (section === 'Install' || section.startsWith('X-')) return undefined
  if (REPLACES.test(name)) return 'fail'
  if (CONFINES.test(name) && !CONFINES_NOT.test(value)) return 'fail'
  if (RULES.test(name) && !RULES_NOTHING.test(value)) return 'warn'
  return name === 'Environment' && VARIABLE.test(value) ? 'warn' : undefined
}
