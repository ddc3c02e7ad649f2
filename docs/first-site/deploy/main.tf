# Route, KV namespace and a secret of the gate. The Worker itself is deployed by "npm run deploy".
terraform {
  required_providers {
    cloudflare = {
      source  = "cloudflare/cloudflare"
      version = "~> 5.0"
    }
  }
}

variable "account_id" { type = string }
variable "zone_id" { type = string }

resource "cloudflare_workers_kv_namespace" "sessions" {
  account_id = var.account_id
  title      = "postern-sessions"
}

resource "cloudflare_workers_route" "gate" {
  zone_id = var.zone_id
  pattern = "app.example.com/*"
  script  = "postern"
}

output "sessions_namespace_id" {
  value = cloudflare_workers_kv_namespace.sessions.id
}
