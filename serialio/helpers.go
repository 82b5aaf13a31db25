package serialio

import (
	"context"
	"fmt"
	"hash/crc32"
)

// loader runs a piece of the helpers, given as its CRC-32 and itself, if the line has not altered that. It needs
// nothing but itself.
const loader = `try:
 import ubinascii as binascii
except ImportError:
 import binascii
_m_c,_m_s=%d,%s
if hasattr(binascii,'crc32') and binascii.crc32(_m_s)!=_m_c:
 raise ValueError('altered on the line')
exec(_m_s)
`

// helpers is this package's half on the board: MicroPython 1.12, where modules may have their old names. The first
// piece is how calls get there, and the others, which it compiles one by one: a heap that is nearly full bears that.
//
// A file that an exception leaves open is closed when the heap is collected, over what has been written to it
// since: hence the with.
var helpers = []string{
	`try:
 import uos as os,ubinascii as binascii,ujson as json,uio as io
except ImportError:
 import os,binascii,json,io
_m_crc=getattr(binascii,'crc32',None)
_m_inflate=None
try:
 import deflate
 def _m_inflate(d,z):
  return deflate.DeflateIO(io.BytesIO(d),deflate.RAW,z)
except ImportError:
 try:
  import uzlib as zlib
 except ImportError:
  try:
   import zlib
  except ImportError:
   zlib=None
 if hasattr(zlib,'decompress'):
  def _m_inflate(d,z):
   return io.BytesIO(zlib.decompress(d,-z))
def _m_open(c,z,d):
 if _m_crc and _m_crc(d)!=c:
  raise ValueError('altered on the line')
 return _m_inflate(d,z) if z else io.BytesIO(d)
def _m_load(c,z,d):
 s=_m_open(c,z,d)
 while 1:
  n=s.readline()
  if not n:
   break
  exec(s.read(int(n)))
def _m_call(c,z,d,n):
 global _m_in
 _m_in=_m_open(c,z,d)
 s=json.dumps(eval(_m_in.readline().decode()))
 _m_in=None
 print(n,_m_crc(s.encode()) if _m_crc else -1,s,n)
`,
	`import sys,gc
try:
 import uhashlib as hashlib
except ImportError:
 try:
  import hashlib
 except ImportError:
  hashlib=None
_m_hash=getattr(hashlib,'sha256',None)
def _m_board():
 gc.collect()
 i=sys.implementation
 r={'implementation':i[0],'version':'.'.join([str(n) for n in i[1][:3]]),'platform':sys.platform,'machine':'','id':'','heap_free':-1,'flash_free':-1,'inflate':_m_inflate is not None,'sha256':_m_hash is not None,'wifi':False,'folders':True}
 try:
  r['machine']=os.uname()[4]
 except Exception:
  r['machine']=getattr(i,'_machine',sys.platform)
 try:
  import machine
  r['id']=binascii.hexlify(machine.unique_id()).decode()
 except Exception:
  pass
 try:
  import network
  r['wifi']=hasattr(network,'WLAN')
 except ImportError:
  pass
 try:
  r['heap_free']=gc.mem_free()
 except Exception:
  pass
 try:
  s=os.statvfs('/')
  r['flash_free']=s[0]*s[3]
 except Exception:
  pass
 return r
def _m_sum(l):
 h=_m_hash() if _m_hash else None
 n=c=0
 for b in l:
  n+=len(b)
  if h:
   h.update(b)
  elif _m_crc:
   c=_m_crc(b,c)
 return [n,binascii.hexlify(h.digest()).decode() if h else '%08x'%c if _m_crc else '']
def _m_parts(p):
 b=memoryview(bytearray(512))
 with open(p,'rb') as f:
  while 1:
   n=f.readinto(b)
   if not n:
    break
   yield b[:n]
def _m_file(p):
 try:
  return _m_sum(_m_parts(p))
 except OSError:
  return None
def _m_stat(l,x):
 return [_m_file(p+x) for p in l]
def _m_digest(l,x):
 return _m_sum([(json.dumps(_m_file(p+x))+',').encode() for p in l])[1]
`,
	`def _m_read(p,o,n):
 with open(p,'rb') as f:
  f.seek(o)
  d=f.read(n)
 return binascii.b2a_base64(d).decode()
def _m_copy(n,write):
 b=memoryview(bytearray(512))
 while n:
  k=_m_in.readinto(b[:min(n,512)])
  if not k:
   raise ValueError('altered on the line')
  write(b[:k])
  n-=k
def _m_put(l):
 for p,at,n in l:
  if at and os.stat(p)[6]!=at:
   _m_copy(n,len)
  else:
   with open(p,'ab' if at else 'wb') as f:
    _m_copy(n,f.write)
def _m_there(p):
 try:
  os.stat(p)
  return True
 except OSError:
  return False
def _m_mkdir(l):
 for p in l:
  try:
   os.mkdir(p)
  except OSError:
   pass
def _m_rm(l,x):
 if _m_there('/mpctl.py'):
  return
 for p in l:
  try:
   os.remove(p+x)
  except OSError:
   pass
def _m_run():
 if not _m_there('/mpctl.py'):
  return
 with open('/mpctl.py') as f:
  c=f.read()
 exec(c,{'__name__':''})
def _m_begin(mark,l,r):
 gc.collect()
 if _m_there('/mpctl.py'):
  with open('/mpctl.py') as f:
   s=f.readline()
  if s.strip()!=mark:
   return False
  _m_run()
 for d in l:
  try:
   _m_rm([d+'/'+n for n in os.listdir(d) if n.endswith('.new')],'')
  except OSError:
   pass
 _m_rm(r,'.new')
 return True
`,
	`def _m_keep(p):
 os.stat(p)
 n=1
 b=p+'.bak'
 while _m_there(b):
  s=_m_stat([p,b],'')
  if s[0][1] and s[0]==s[1]:
   return b
  n+=1
  b=p+'.bak'+str(n)
 with open(b+'.new','wb') as g:
  for d in _m_parts(p):
   g.write(d)
 os.rename(b+'.new',b)
 return b
def _m_alone(p):
 if not _m_there(p+'.new'):
  return True
 if _m_there(p.upper()+'.NEW'):
  return False
 os.rename(p+'.new',p)
 _m_sync()
 return True
def _m_sync():
 if hasattr(os,'sync'):
  os.sync()
def _m_commit(n):
 if not _m_there('/mpctl.py.new'):
  return
 try:
  s=os.statvfs('/')
  full=s[0]*s[3]<n+2*s[0]
 except AttributeError:
  full=False
 if full:
  raise OSError(28)
 os.rename('/mpctl.py.new','/mpctl.py')
 _m_sync()
`,
}

// install puts the helpers into the board's memory, once.
func (r *REPL) install(ctx context.Context) error {
	if r.helpers {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	r.inflates = false
	first, nonce := []byte(helpers[0]), newNonce()
	script := fmt.Sprintf(loader, crc32.ChecksumIEEE(first), Bytes(first)) + r.calling("_m_inflate is not None", nil, nonce)
	out, err := r.Exec(ctx, script)
	if isFlat(err) { // twice, for a name that the line altered is not there either
		out, err = r.Exec(ctx, script)
	}
	switch r.flat = isFlat(err); {
	case r.flat:
		err = r.execAll(ctx, flatHelpers)
	case err == nil:
		if err = decode(out, nonce, &r.inflates); err == nil {
			err = r.execAll(ctx, []string{r.loading()})
		}
	}
	r.helpers = err == nil
	return err
}

func (r *REPL) execAll(ctx context.Context, pieces []string) error {
	for _, code := range pieces {
		if _, err := r.Exec(ctx, code); err != nil {
			return err
		}
	}
	return nil
}

// loading is the script that brings the other pieces.
func (r *REPL) loading() string {
	var pieces []byte
	for _, code := range helpers[1:] {
		pieces = fmt.Appendf(pieces, "%d\n%s", len(code), code)
	}
	return "_m_load(" + r.packed(pieces) + ")"
}
