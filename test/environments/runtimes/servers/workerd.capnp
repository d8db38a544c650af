using Workerd = import "/workerd/workerd.capnp";

# Nothing of Node's: there is no nodejs_compat flag.
const config :Workerd.Config = (
  services = [(name = "site", worker = .site)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "site")],
);

const site :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "workerd.bundle.js")],
  compatibilityDate = "2026-01-01",
  durableObjectNamespaces = [(className = "Site", uniqueKey = "site")],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "SITE", durableObjectNamespace = "Site")],
);
