package serialio

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// flatHelpers are [helpers] for MicroPythons without json and binascii, of which the BBC micro:bit's is the one that
// people have: 10 KB of heap; no folders, no rename, no append, no seek; nothing that makes a checksum, so files are
// read back, and the rest is taken on trust. A path's leading slash is no part of a name there.
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
def _m_call(c,z,d,n):
 global _m_in
 gc.collect()
 i=0
 while d[i]!=10:
  i+=1
 _m_in=d[i+1:]
 print(n,-1,_m_dumps(eval(str(d[:i],'utf-8'))),n)
def _m_board():
 import machine
 i=sys.implementation
 return {'implementation':i[0],'version':'.'.join([str(n) for n in i[1][:3]]),'platform':sys.platform,'machine':os.uname()[4],'id':''.join(['%02x'%c for c in machine.unique_id()]),'heap_free':gc.mem_free(),'flash_free':-1,'inflate':False,'sha256':False,'wifi':False,'folders':False}
`,
	// A file that is being sent stays open from the first piece of it to the last. What is asked for next closes it;
	// but not one that there was no room for: it is gone, and to close it can spoil another one.
	`_m_f=None
_m_n=0
def _m_name(p):
 return p[1:] if p[:1]=='/' else p
def _m_close():
 global _m_f
 if _m_f:
  _m_f.close()
 _m_f=None
def _m_put(l):
 global _m_f,_m_n,_m_in
 for p,at,n in l:
  if at==0:
   _m_close()
   _m_f=open(_m_name(p),'wb')
   _m_n=0
  if _m_n==at:
   f=_m_f
   _m_f=None
   f.write(_m_in[:n])
   _m_f=f
   _m_n+=n
  _m_in=_m_in[n:]
def _m_digest(l,x):
 return ''
def _m_stat(l,x):
 _m_close()
 r=[]
 for p in l:
  try:
   r.append([os.size(_m_name(p+x)),''])
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
 if l:
  raise OSError('no folders')
def _m_rm(l,x):
 _m_close()
 for p in l:
  try:
   os.remove(_m_name(p+x))
  except OSError:
   pass
def _m_begin(mark,l,r):
 _m_rm(r,'.new')
 return True
def _m_copy(p,q):
 with open(_m_name(p),'rb') as f:
  g=open(_m_name(q),'wb')
  d=f.read(192)
  while d:
   g.write(d)
   d=f.read(192)
  g.close()
def _m_same(p,q):
 with open(_m_name(p),'rb') as f:
  with open(_m_name(q),'rb') as g:
   d=f.read(192)
   while g.read(192)==d:
    if not d:
     return True
    d=f.read(192)
 return False
def _m_keep(p):
 n=1
 b=p+'.bak'
 while _m_stat([b],'')[0]:
  if _m_same(p,b):
   return b
  n+=1
  b=p+'.bak'+str(n)
 _m_copy(p,b)
 return b
def _m_alone(p):
 n=p+'.new'
 if _m_stat([n],'')[0]:
  try:
   _m_copy(n,n+'.new')
  finally:
   _m_rm([n],'.new')
  _m_copy(n,p)
  if not _m_same(n,p):
   raise OSError('a copy is another one')
  _m_rm([n],'')
 return True
`,
}

// isFlat tells whether the exception is that of a board without json or binascii.
func isFlat(err error) bool {
	var exec *ExecError
	return errors.As(err, &exec) && strings.HasPrefix(lastLine(exec.Traceback), "ImportError")
}

// copyOver lets the staged files take their places on a board that cannot rename: each is written over the old one
// from its verified copy, when a third copy has shown that there is room. So only a board that loses its power within
// these milliseconds keeps half a file.
func (u *upload) copyOver(ctx context.Context, files []File) error {
	for _, f := range files {
		if err := u.r.ask(ctx, nil, "_m_alone", f.Path); err != nil {
			return fmt.Errorf("putting %s in place: %w", f.Path, u.named(err))
		}
	}
	return nil
}
