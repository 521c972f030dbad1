{{/* Parts of every pod: without root, without a writable image, without a token. */}}

{{- define "saltworks.pod.security" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .Values.images.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  {{- toYaml .Values.podSecurity | nindent 2 }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "saltworks.container.security" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* Takes [root, kinds of secrets]. */}}
{{- define "saltworks.mounts" -}}
volumeMounts:
  - { name: home, mountPath: /var/lib/saltworks }
  - { name: scratch, mountPath: /tmp }
  {{- if include "saltworks.secrets" . | trim }}
  - { name: secrets, mountPath: /run/secrets/saltworks, readOnly: true }
  {{- end }}
  {{- if (index . 0).Values.certificates.existingConfigMap }}
  - { name: certificates, mountPath: /etc/saltworks/certificates, readOnly: true }
  {{- end }}
{{- end }}

{{/* Takes [root, size of the home, kinds of secrets]. */}}
{{- define "saltworks.volumes" -}}
{{- $root := index . 0 }}
volumes:
  - name: home
    emptyDir: { sizeLimit: {{ index . 1 }} }
  - name: scratch
    emptyDir: { sizeLimit: 1Gi }
  {{- with include "saltworks.secrets" (list $root (index . 2)) | trim }}
  - name: secrets
    projected:
      defaultMode: 0440
      sources:
        {{- . | nindent 8 }}
  {{- end }}
  {{- with $root.Values.certificates.existingConfigMap }}
  - name: certificates
    configMap:
      name: {{ . }}
      items:
        - { key: {{ $root.Values.certificates.key | quote }}, path: ca.crt }
  {{- end }}
{{- end }}

{{/* Where pods go. Takes [root, server or pool, labels that select its pods]. */}}
{{- define "saltworks.placement" -}}
{{- $of := index . 1 }}
{{- with $of.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $of.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
topologySpreadConstraints:
  {{- if $of.topologySpreadConstraints }}
  {{- toYaml $of.topologySpreadConstraints | nindent 2 }}
  {{- else }}
  {{- $labels := index . 2 }}
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- $labels | nindent 8 }}
    # Pods of the version before do not count.
    matchLabelKeys: [pod-template-hash]
  {{- end }}
  {{- end }}
{{- end }}

{{/* Probes. The process answers /healthz whatever is broken outside it: only a process that hangs is restarted. Takes a port. */}}
{{- define "saltworks.probes" -}}
startupProbe:
  httpGet: { path: /healthz, port: {{ . }} }
  periodSeconds: 2
  timeoutSeconds: 2
  # A server waits for its database and its migrations, a worker for its store: five minutes, then again.
  failureThreshold: 150
livenessProbe:
  httpGet: { path: /healthz, port: {{ . }} }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: { path: /readyz, port: {{ . }} }
  periodSeconds: 5
  timeoutSeconds: 3
  failureThreshold: 2
{{- end }}
