package serialio

import (
	"context"
	"fmt"
)

// flatHelpers are [helpers] for MicroPythons without json, of which the BBC micro:bit's is the one that people have:
// 10 KB of heap, no folders, no rename, no append, no seek, nothing that hashes. A path's leading slash is no part of
// a name there.
var flatHelpers = []string{
	`import gc,sys,os
def _m_dumps(v):
 if v is None:
  return 'null'
 if v is True or v is False:
  return str(v).lower()
 if isinstance(v,str):
  for i in (92,34):
   v=v.replace(chr(i),'\\'+chr(i))
  for i in range(32):
   v=v.replace(chr(i),'\\u%04x'%i)
  return '"'+v+'"'
 r=''
 if isinstance(v,dict):
  for k in v:
   r+=','+_m_dumps(k)+':'+_m_dumps(v[k])
  return '{'+r[1:]+'}'
 if isinstance(v,(list,tuple)):
  for x in v:
   r+=','+_m_dumps(x)
  return '['+r[1:]+']'
 return str(v)
def _m_board():
 import machine
 gc.collect()
 i=sys.implementation
 return {'implementation':i[0],'version':'.'.join([str(n) for n in i[1][:3]]),'platform':sys.platform,'machine':os.uname()[4],'id':''.join(['%02x'%c for c in machine.unique_id()]),'heap_free':gc.mem_free(),'flash_free':-1,'inflate':False,'sha256':False,'wifi':False,'folders':False}
`,
	`_m_f=None
def _m_name(p):
 return p[1:] if p[:1]=='/' else p
def _m_close():
 global _m_f
 if _m_f:
  _m_f.close()
 _m_f=None
def _m_put(p,mode,z,d):
 global _m_f
 if mode=='wb':
  _m_close()
  _m_f=open(_m_name(p),mode)
 _m_f.write(d)
def _m_stat(l):
 _m_close()
 r=[]
 for p in l:
  try:
   r.append([os.size(_m_name(p)),''])
  except OSError:
   r.append(None)
 return r
def _m_read(p,o,n):
 a='ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
 with open(_m_name(p),'rb') as f:
  while o>0:
   o-=len(f.read(min(o,192)))
  d=f.read(min(n,192))
 r=''
 for i in range(0,len(d),3):
  t=d[i:i+3]
  k=3-len(t)
  t+=bytes(k)
  v=t[0]<<16|t[1]<<8|t[2]
  r+=''.join([a[v>>s&63] for s in (18,12,6,0)][:4-k])+'='*k
 return r
`,
	`def _m_mkdir(l):
 pass
def _m_rm(l):
 _m_close()
 for p in l:
  try:
   os.remove(_m_name(p))
  except OSError:
   pass
def _m_copy(p,q):
 with open(_m_name(p),'rb') as f:
  with open(_m_name(q),'wb') as g:
   d=f.read(192)
   while d:
    g.write(d)
    d=f.read(192)
def _m_over(p,keep):
 b=''
 if keep:
  n=1
  b=p+'.bak'
  while _m_stat([b])[0]:
   n+=1
   b=p+'.bak'+str(n)
  _m_copy(p,b)
 _m_copy(p+'.new',p)
 _m_rm([p+'.new'])
 return b
`,
}

// copyOver lets the staged files take their places on a board that cannot rename: each is written over the old one
// from its verified copy, so only a board that loses its power within these milliseconds keeps half a file.
func (u *upload) copyOver(ctx context.Context, files []File) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx = context.WithoutCancel(ctx)
	for _, f := range files {
		keep, err := u.keeps(ctx, f)
		if err != nil {
			return fmt.Errorf("looking at the old %s: %w", f.Path, err)
		}
		var kept string
		if err := u.r.Eval(ctx, call("_m_over", f.Path, keep), &kept); err != nil {
			return fmt.Errorf("writing %s over the old one: %w", f.Path, u.named(err))
		}
		u.result.Sent = append(u.result.Sent, f.Path)
		u.result.Bytes += len(f.Data)
		if kept != "" {
			u.result.Kept[f.Path] = kept
		}
	}
	return nil
}
