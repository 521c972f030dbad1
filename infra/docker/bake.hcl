# docker buildx bake -f infra/docker/bake.hcl: all images, from the root of a clone.

variable "REGISTRY" {
  default = "saltworks"
}

variable "VERSION" {
  default = "0.0.0"
}

variable "REVISION" {
  default = "unknown"
}

# IMAGE:TAG@sha256:… pins a base by its digest.
variable "NODE" {
  default = "node:24.21.0-trixie-slim"
}

variable "CUDA" {
  default = "nvidia/cuda:13.0.2-cudnn-runtime-ubuntu24.04"
}

group "default" {
  targets = ["server", "worker", "worker-cuda", "backbones"]
}

target "image" {
  matrix = {
    name = ["server", "worker", "backbones"]
  }
  name       = name
  context    = "."
  dockerfile = "infra/docker/Dockerfile"
  target     = name
  platforms  = ["linux/amd64", "linux/arm64"]
  tags       = ["${REGISTRY}/${name}:${VERSION}"]
  args = {
    NODE     = NODE
    VERSION  = VERSION
    REVISION = REVISION
  }
}

# onnxruntime has CUDA libraries for amd64 alone.
target "worker-cuda" {
  context    = "."
  dockerfile = "infra/docker/Dockerfile"
  target     = "worker-cuda"
  platforms  = ["linux/amd64"]
  tags       = ["${REGISTRY}/worker-cuda:${VERSION}"]
  args = {
    NODE     = NODE
    CUDA     = CUDA
    VERSION  = VERSION
    REVISION = REVISION
  }
}
