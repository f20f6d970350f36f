/** Settings by PostgreSQL's names. */
export type ServerSettings = Readonly<Record<string, string> & { fsync?: string }>;

const common: ServerSettings = {
  listen_addresses: "127.0.0.1",
  // No socket file: its path may be 107 characters long at most, and a data directory's path is often longer.
  unix_socket_directories: "",
  password_encryption: "scram-sha-256",
  max_connections: "150",
  fsync: "on",
  synchronous_commit: "on",
  wal_compression: "pglz", // the build knows no other
  max_wal_size: "4GB",
  checkpoint_timeout: "15min",
  jit: "off", // it compiles for tens of milliseconds what runs in one
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] %q%u@%d ",
  log_checkpoints: "off",
  // An error's statement and detail may hold names and addresses, which no log may.
  log_error_verbosity: "terse",
  log_min_error_statement: "panic",
};

const primary: ServerSettings = {
  wal_level: "logical",
  shared_buffers: "256MB",
  max_wal_senders: "20",
  max_replication_slots: "20",
  // A read node that stays away costs at most this much disk; then it needs a resync.
  max_slot_wal_keep_size: "4GB",
};

const readNode: ServerSettings = {
  shared_buffers: "128MB",
  max_worker_processes: "24",
  max_logical_replication_workers: "12",
  max_sync_workers_per_subscription: "4",
  max_replication_slots: "20",
  max_active_replication_origins: "20",
  // How soon apply tries again after it lost the primary, and how soon the primary hears how far it is.
  wal_retrieve_retry_interval: "1s",
  wal_receiver_status_interval: "1s",
};

/** They go on the command line, so that every start uses this version's settings without editing a file. */
export function settingsFor(name: string, overrides: ServerSettings = {}): ServerSettings {
  return { ...common, ...(name === "primary" ? primary : readNode), ...overrides };
}
