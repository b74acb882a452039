import type { Directive } from '../../host/parse/unit-file.ts'

/** Directives that replace the program, its arguments, its user or its file system. */
const REPLACES =
  /^(ExecStart|Type|User|Group|DynamicUser|RootDirectory|RootImage|RuntimeDirectory|StateDirectory|ConfigurationDirectory)$/
/** Directives that confine a service so that a container runtime, a kubelet or etcd fails: private mounts, denied system calls. */
const CONFINES =
  /^(PrivateMounts|PrivateNetwork|PrivateUsers|PrivatePIDs|PrivateDevices|PrivateTmp|PrivateIPC|MountFlags|NetworkNamespacePath|JoinsNamespaceOf|ProtectSystem|ProtectHome|ProtectControlGroups(Ex)?|ProtectKernel(Tunables|Modules|Logs)|ProtectProc|ProcSubset|ReadOnlyPaths|InaccessiblePaths|NoExecPaths|TemporaryFileSystem|BindPaths|BindReadOnlyPaths|CapabilityBoundingSet|NoNewPrivileges|SystemCall(Filter|Architectures)|Restrict(Namespaces|AddressFamilies|FileSystems|Realtime|SUIDSGID|NetworkInterfaces)|Device(Policy|Allow)|IPAddress(Allow|Deny)|SocketBind(Allow|Deny)|MemoryDenyWriteExecute|LockPersonality|SELinuxContext|AppArmorProfile)$/
const CONFINES_NOT = /^(|no|false|off|0|shared)$/i
/** Directives for starts, stops and resources: the service works, but not as intended. */
const RULES =
  /^(Exec(StartPre|Condition)|Condition\w+|Assert\w+|Requires|Requisite|BindsTo|PartOf|Conflicts|Restart|RuntimeMaxSec|WatchdogSec|KillMode|Delegate|Slice|TasksMax|Memory(Max|High)|CPUQuota|AllowedCPUs|UMask|WorkingDirectory|StartLimit\w*)$/
/** Values as in Cantrip's units, an empty value (it only resets the list), and a command that may fail (`-`). */
const RULES_NOTHING = /^(|yes|true|on|1|infinity|always|process|-.*)$/i
/** Environment variables that change the programs, whatever their arguments are. */
const VARIABLE = /(?:^|[\s"'])(PATH|LD_PRELOAD|LD_LIBRARY_PATH|GODEBUG|GOTRACEBACK|KUBELET_KUBEADM_ARGS)=/

export type Harm = 'fail' | 'warn'

/**
 * How a directive in a foreign drop-in harms a unit of Cantrip; undefined if it does no harm, such as LimitNOFILE, Nice,
 * CPUAffinity, OOMScoreAdjust, proxy variables, or the ordering of units.
 */
export function judgeDirective({ section, name, value }: Directive): Harm | undefined {
  if (section === 'Install' || section.startsWith('X-')) return undefined
  if (REPLACES.test(name)) return 'fail'
  if (CONFINES.test(name) && !CONFINES_NOT.test(value)) return 'fail'
  if (RULES.test(name) && !RULES_NOTHING.test(value)) return 'warn'
  return name === 'Environment' && VARIABLE.test(value) ? 'warn' : undefined
}
