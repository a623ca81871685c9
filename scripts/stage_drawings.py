import numpy as np
rng=np.random.default_rng(0)
def draw_tiles():
    out={}
    for n in ("snow2","snow3"): out[n]=np.clip(rng.normal(0,3,(256,256,1))+np.array([225,232,242]),0,255).astype(np.uint8)
    out["crowd"]=rng.integers(20,200,(32,32,3)).repeat(8,0).repeat(8,1).astype(np.uint8)
    return out
def draw_sprites():
    y,x=np.mgrid[:256,:256]/255.
    o={}
    for i in range(14):
        a=np.zeros((256,256,4),np.uint8)
        m=((x-.5)**2/.2+(y-.4)**2/.15<1) if i<7 else (abs(x-.5)<y*.48)&(y<.93)
        m|=(abs(x-.5)<.02)
        a[m]=(50+i*3,90,40,255); o[("broadleaf%d"%i) if i<7 else ("pine%d"%(i-7))]=a
    return o
def draw_backdrops():
    o={}
    u=np.arange(2048)/2048*2*np.pi
    for n,h,c in (("field",40,(90,120,60)),("mountains",120,(170,180,200)),("pines",150,(40,70,45)),("snowtrees",120,(190,200,210)),("trees",140,(60,90,45))):
        a=np.zeros((256,2048,4),np.uint8); top=h*(1+.2*np.sin(5*u)+.1*np.sin(23*u)+.1*np.sin(61*u))
        a[(255-np.arange(256))[:,None]<top[None]]=(*c,255); o[n]=a
    return o
